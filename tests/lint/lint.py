#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The rules of CONTRIBUTING.md that a machine can check.

    lint.py CHECK ROOT      one of the checks below; prints each offence, exits 1 if there is any
    lint.py selftest ROOT   shows that each check finds what it is for
"""
import pathlib
import re
import shutil
import subprocess
import sys

# A folder may include itself and what stands before it in its list.
LAYERS = ["support", "abi", "host", "verify", "sfi", "mm", "sync", "signal", "fs", "loader", "cage",
          "proc", "debug", "syscall", "api", "cli"]
ALONE = {"verify": {"support"}, "rewrite": {"support"}, "support": set()}
# Only the loader and, for their templates and command, sfi and cli know the verifier.
SEES_VERIFY = {"loader", "sfi", "api", "cli"}

FILE_LINES = 600
FUNCTION_LINES = 80
COLUMNS = 100

# Where guest addresses may become pointers.
WALL = re.compile(r"src/(sfi/|mm/(user_copy|guest_memory|slot_pages)|host/)")
RAW_CAST = re.compile(r"reinterpret_cast<|\basm\b\s*(volatile)?\s*\(")
RAW_CAST_ALLOWED = re.compile(r"lint: raw")

MEMBERS_OF_TRY = re.compile(r"[{(,]\s*TRY\(")


def sources(root, suffixes=(".h", ".cc")):
    for top in ("src", "include"):
        for path in sorted((root / top).rglob("*")):
            if path.suffix in suffixes:
                yield path


def layers(name, text):
    parts = pathlib.PurePath(name).parts
    if len(parts) < 3 or parts[0] != "src":
        return
    folder = parts[1]
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'#include "([a-z0-9_]+)/', line)
        if not match or match[1] in (folder, "rawposix"):
            continue
        other = match[1]
        if folder in ALONE:
            good = other in ALONE[folder]
        elif other == "verify":
            good = folder in SEES_VERIFY
        else:
            good = other in LAYERS and folder in LAYERS and LAYERS.index(other) < LAYERS.index(folder)
        if not good:
            yield number, f"{folder} must not include {other}"


def function_lengths(lines):
    """(first line, length) of what looks like a function body: from a line that ends in '{' after a
    ')' to the closing brace in the same column."""
    for start, line in enumerate(lines):
        if not re.search(r"\)[^;={]*\{$", line) or re.match(r"\s*(if|for|while|switch|else|}|#)", line):
            continue
        head = start
        while head > 0 and lines[head - 1].strip() and not re.search(r"[;{}:]$", lines[head - 1].strip()):
            head -= 1
        indent = len(lines[head]) - len(lines[head].lstrip())
        for end in range(start + 1, len(lines)):
            text = lines[end]
            if text.strip().startswith("}") and len(text) - len(text.lstrip()) <= indent:
                yield head + 1, end - head + 1
                break


def budgets(name, text):
    lines = text.splitlines()
    if len(lines) > FILE_LINES:
        yield 1, f"{len(lines)} lines; a file has at most {FILE_LINES}"
    for number, line in enumerate(lines, 1):
        if len(line) > COLUMNS and "http" not in line and "R\"" not in line:
            yield number, f"{len(line)} columns; a line has at most {COLUMNS}"
    for number, length in function_lengths(lines):
        if length > FUNCTION_LINES:
            yield number, f"{length} lines; a function has at most {FUNCTION_LINES}"


def wall(name, text):
    if WALL.match(name) or name.endswith("_test.cc") or "/rewrite/" in name or "/verify/" in name:
        return
    previous = ""
    for number, line in enumerate(text.splitlines(), 1):
        code = line.split("//")[0]
        if RAW_CAST.search(code) and not RAW_CAST_ALLOWED.search(line) and "SAFETY" not in previous:
            yield number, "raw cast or assembly outside sfi/ and mm/guest_memory"
        previous = line


def try_placement(name, text):
    if name.endswith("support/result.h"):
        return
    for number, line in enumerate(text.splitlines(), 1):
        code = line.split("//")[0]
        if re.search(r"\{[^;]*[,{]\s*TRY\(", code):
            yield number, "TRY inside a braced list skips destructors"


def spdx(name, text):
    if not text.startswith(("// SPDX-License-Identifier: Apache-2.0\n", "/* SPDX")):
        yield 1, "first line is not the licence"


def names(name, text):
    for number, line in enumerate(text.splitlines(), 1):
        if name.endswith(".h") and re.match(r"#ifndef \w+_H_?\b", line):
            yield number, "use #pragma once"
        if re.search(r"\busing namespace\b", line) and "literals" not in line:
            yield number, "no using-directives"
    if name.endswith(".h") and "#pragma once" not in text:
        yield 1, "header without #pragma once"


def readmes(root):
    for folder in sorted((root / "src").iterdir()):
        if (folder / "CMakeLists.txt").exists() and not (folder / "README.md").exists():
            yield f"{folder}: no README.md"


TABLE_ROW = re.compile(r"^X\(\d+, (\w+),", re.M)
COMMENT_OR_STRING = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', re.S)


def untested_calls(table, programs):
    """The rows of the table of system calls that no program calls, by its name or its SYS_ number."""
    rows = TABLE_ROW.findall(table)
    if not rows:
        yield "no rows found"
    code = COMMENT_OR_STRING.sub("", "\n".join(programs))
    called = set(re.findall(r"\bSYS_(\w+)", code)) | set(re.findall(r"\b(\w+)\(", code))
    for name in rows:
        if name not in called:
            yield f"{name}: called by no program of tests/guest or tests/hostile"


def calls(root):
    programs = [path for folder in ("guest", "hostile") for path in (root / "tests" / folder).rglob("*.c")]
    yield from untested_calls((root / "src/syscall/syscalls.def").read_text(),
                              [path.read_text() for path in programs])


# The history up to here is not judged.
COMMITS_BASE = "54f3ca34575671ea5f7d3946d0215e4dcdcc000f"
SUBJECT = re.compile(r"[a-z.][a-z0-9_./-]*(, [a-z.][a-z0-9_./-]*)*: (?P<verb>[A-Z][\w-]*)\b.*[^.\s]$")
# Added, Adding, Adds; but Need, Pass.
NOT_IMPERATIVE = re.compile(r"(?!(Bring|Ping|String|Embed|Shed|Shred)$)\w*([^e]ed|ing|[^s]s)$")
SUBJECT_COLUMNS = 72
SKIPPED = 77  # CTest's SKIP_RETURN_CODE


def message_faults(message):
    """What is wrong with a commit's message."""
    lines = message.rstrip("\n").split("\n")
    match = SUBJECT.match(lines[0])
    if not match:
        yield "the subject is not 'folder: Imperative subject'"
    elif NOT_IMPERATIVE.match(match["verb"]):
        yield f"the subject says {match['verb']}, which is not imperative"
    if len(lines[0]) > SUBJECT_COLUMNS:
        yield f"the subject has {len(lines[0])} columns; at most {SUBJECT_COLUMNS}"
    if len(lines) > 1 and lines[1]:
        yield "no empty line between subject and body"


def git(root, *arguments):
    # The clone may belong to somebody else, as in a container.
    command = ["git", "-c", f"safe.directory={root.resolve()}", "-C", str(root), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def commits(root):
    """In a shallow clone: those that are there."""
    if not (root / ".git").exists() or not shutil.which("git"):
        print("not a clone, or no git")
        sys.exit(SKIPPED)
    known = git(root, "merge-base", "--is-ancestor", COMMITS_BASE, "HEAD").returncode == 0
    revisions = ["HEAD", f"^{COMMITS_BASE}"] if known else ["HEAD"]
    log = git(root, "log", "--no-merges", "-z", "--format=%h%n%B", *revisions)
    if log.returncode != 0:
        yield f"git log: {log.stderr.strip()}"
    messages = [entry for entry in log.stdout.split("\0") if entry]
    if not messages:
        yield "no commits found"
    for entry in messages:
        commit, _, message = entry.partition("\n")
        yield from (f"{commit}: {fault}: {message.splitlines()[0]}" for fault in message_faults(message))


PER_FILE = {"layers": layers, "budgets": budgets, "wall": wall, "try": try_placement, "spdx": spdx,
            "names": names}
PER_TREE = {"readmes": readmes, "calls": calls, "commits": commits}

BAD_MESSAGES = ["Add a thing", "mm: add a thing", "mm: Added a thing", "mm: Adds a thing", "mm: Adding a thing",
                "mm: Add a thing.", "MM: Add a thing", "mm : Add a thing", "mm: Add " + "x" * 65,
                "mm: Add a thing\nwithout a gap", ""]
GOOD_MESSAGES = ["mm: Add a thing", "mm: Need, pass a thing\n\nFor a reason.\n", "tests/lint, .ci: Embed it",
                 "mm: Add " + "x" * 64]

SELFTEST = [
    ("layers", "src/mm/a.cc", '#include "fs/b.h"\n', '#include "sfi/b.h"\n'),
    ("layers", "src/verify/a.cc", '#include "sfi/b.h"\n', '#include "support/b.h"\n'),
    ("layers", "src/fs/a.cc", '#include "verify/b.h"\n', '#include "mm/b.h"\n'),
    ("budgets", "src/mm/a.cc", "x" * 101, "x" * 100),
    ("budgets", "src/mm/a.cc", "int f() {\n" + "  x;\n" * 90 + "}\n", "int f() {\n  x;\n}\n"),
    ("budgets", "src/mm/a.cc", "x\n" * 601, "x\n" * 600),
    ("wall", "src/fs/a.cc", "auto p = reinterpret_cast<char*>(1);\n", "auto p = static_cast<int>(1);\n"),
    ("try", "src/fs/a.cc", "Agg a{make(), TRY(f())};\n", "int a = TRY(f());\n"),
    ("spdx", "src/fs/a.cc", "int x;\n", "// SPDX-License-Identifier: Apache-2.0\n"),
    ("names", "src/fs/a.h", "int x;\n", "#pragma once\n"),
]


def run_selftest():
    for check, name, bad, good in SELFTEST:
        if not list(PER_FILE[check](name, bad)):
            yield f"{check} does not find its offence in {name}"
        if list(PER_FILE[check](name, good)):
            yield f"{check} objects to a good {name}"
    for message in BAD_MESSAGES:
        if not list(message_faults(message)):
            yield f"commits does not object to {message!r}"
    for message in GOOD_MESSAGES:
        if list(message_faults(message)):
            yield f"commits objects to {message!r}"
    rows = 'X(0, read, kFull, "")\nX(1, write, kFull, "")\n'
    for programs in (["SYS_write"], ["// read(\n/* read( */ \"read(\"; write(1);"], ["write(1)", "pread(1)"]):
        if [fault.split(":")[0] for fault in untested_calls(rows, programs)] != ["read"]:
            yield f"calls misjudges {programs}"
    if list(untested_calls(rows, ["x = syscall(SYS_read)", "write(1)"])) or not list(untested_calls("", [])):
        yield "calls objects to what is called, or to nothing"


def main():
    check, root = sys.argv[1], pathlib.Path(sys.argv[2])
    if check == "selftest":
        offences = list(run_selftest())
    elif check in PER_TREE:
        offences = list(PER_TREE[check](root))
    else:
        offences = []
        seen = 0
        for path in sources(root):
            seen += 1
            name = str(path.relative_to(root))
            offences += [f"{name}:{number}: {text}"
                         for number, text in PER_FILE[check](name, path.read_text())]
        if seen == 0:
            offences.append("no sources found")
    print("\n".join(offences) if offences else f"{check}: fine")
    sys.exit(1 if offences else 0)


main()
