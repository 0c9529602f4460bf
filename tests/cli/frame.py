"""What the command-line tests have around them: arguments, a folder of their own, what is said at the end."""
import argparse
import os
import shutil


def run(doc, name, test, problems, good):
    """test(program) runs in WORK/name, which stays where it adds to `problems`; `good` is printed otherwise. The exit status."""
    p = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--amasia", required=True)
    p.add_argument("--work", default="cli-work")
    o = p.parse_args()
    amasia, folder = os.path.realpath(o.amasia), os.path.join(os.path.abspath(o.work), name)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    os.chdir(folder)
    test(amasia)
    print("\n".join(problems) if problems else "%s: %s" % (name, good))
    if not problems:
        os.chdir("..")
        shutil.rmtree(folder)
    return 1 if problems else 0
