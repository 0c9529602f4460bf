#!/bin/sh
# with_isa.sh ISA PROGRAM [ARGUMENT ...]: the program with AMA_ISA=ISA; exit 77 (skipped) where the processor lacks it.
isa=$1
shift
case $isa in
baseline) wanted= ;;
avx2) wanted=avx2 ;;
avx512) wanted="avx512f avx512dq avx512bw avx512vl" ;;
*) echo "with_isa.sh: unknown instruction set $isa" >&2; exit 2 ;;
esac
for flag in $wanted; do
    grep -qw "$flag" /proc/cpuinfo || { echo "SKIPPED: this processor has no $flag"; exit 77; }
done
AMA_ISA=$isa exec "$@"
