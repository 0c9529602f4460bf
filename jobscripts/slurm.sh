#!/bin/bash
# Slurm: 2 nodes, 4 ranks of 9 cores each on a node. The memory budget of a rank follows --mem and the ranks on its node.
#SBATCH --job-name=clim
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=4
#SBATCH --cpus-per-task=9
#SBATCH --mem=100G
#SBATCH --time=01:00:00
set -eu
mpirun -n "$SLURM_NTASKS" --map-by ppr:4:node:PE="$SLURM_CPUS_PER_TASK" amasia run --threads "$SLURM_CPUS_PER_TASK" clim.py
