# SPDX-License-Identifier: Apache-2.0
"""Runs the programs of other people's test suites natively and in cages and compares.

A suite is a list of Case. Each runs in a fresh folder, several at once, within a time limit. Those
whose results differ run again alone: load can fail what counts milliseconds. What still differs is
printed, and is an error unless the suite's file of known differences has it.
"""
import argparse
import concurrent.futures
import dataclasses
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

TIMED_OUT = "time limit"
TRIES_ALONE = 2
NOBODY = 65534


@dataclasses.dataclass
class Case:
    name: str
    # Both run in a folder that `prepare` has filled; in a cage it is /work.
    native: list
    cage: list
    prepare: object = None
    # What of (status, output) the two sides must agree in.
    judge: object = staticmethod(lambda status, output: status)


@dataclasses.dataclass
class Outcome:
    verdict: str
    output: str
    seconds: float


class Suite:
    def __init__(self, description, default_limit, unprivileged=False, has_part=False):
        # Root's native runs could set the machine's clock, or keep a processor to themselves.
        self.user = NOBODY if unprivileged and os.geteuid() == 0 else None
        parser = argparse.ArgumentParser(description=description)
        parser.add_argument("build", type=pathlib.Path, help="the build folder")
        parser.add_argument("pattern", nargs="*", help="regular expressions: which cases")
        parser.add_argument("--jobs", type=int, default=2 * os.cpu_count(), help="how many at once")
        parser.add_argument("--limit", type=float, default=default_limit, help="seconds for a case")
        parser.add_argument("--known", type=pathlib.Path, help="file of known differences")
        parser.add_argument("--results", type=pathlib.Path, help="write every result to this file")
        parser.add_argument("--verbose", action="store_true", help="show what differing cases print")
        if has_part:
            parser.add_argument("--part", action="store_true", help="only what ./test builds")
        self.options = parser.parse_args()
        self.options.build = self.options.build.resolve()
        # What runs in the background ignores these; what a shell found ignored it can't trap.
        for number in (signal.SIGHUP, signal.SIGQUIT):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def installed(self, side, path):
        """A file of the ports, built for that side."""
        return self.options.build / {"native": "native", "cage": "root"}[side] / path

    def built(self, side, port):
        """The folder of a port that isn't always built."""
        folder = self.installed(side, f"libexec/{port}")
        if not folder.exists():
            sys.exit(f"{folder} is missing: scripts/build suites")
        return folder

    def in_cage(self, *options):
        """The start of a command line that runs a program in a cage."""
        # Tests expect users' names and /usr.
        places = [("/etc/passwd", "/etc/passwd"), ("/etc/group", "/etc/group"),
                  (self.installed("cage", "bin"), "/usr/bin")]
        binds = [word for path, inside in places for word in ("--bind", f"{path}:{inside}:ro")]
        return [str(self.options.build / "bin/rawposix"), "run", "--cwd", "/work", *binds, *options]

    def _run(self, case, side):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="suite."))
        for name in ("work", "tmp", "shm"):
            (folder / name).mkdir(mode=0o1777)
        if case.prepare:
            case.prepare(folder / "work", side)
        command = case.native
        if side == "cage":
            binds = [word for name, path in (("work", "/work"), ("tmp", "/tmp"), ("shm", "/dev/shm"))
                     for word in ("--bind", f"{folder / name}:{path}")]
            command = case.cage[:2] + binds + case.cage[2:]
        if self.user is not None:
            for path in (folder, *folder.rglob("*")):
                os.chown(path, self.user, self.user, follow_symlinks=False)
        environment = {"PATH": str(self.options.build / "native/bin"), "HOME": "/", "LC_ALL": "C",
                       "TMPDIR": str(folder / "tmp")}
        start = time.monotonic()
        with open(folder / "output", "w+b") as output:
            process = subprocess.Popen(command, cwd=folder / "work", env=environment,
                                       stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                       start_new_session=True, user=self.user, group=self.user,
                                       extra_groups=None if self.user is None else [])
            try:
                status = process.wait(self.options.limit)
                status = 128 - status if status < 0 else status
            except subprocess.TimeoutExpired:
                status = TIMED_OUT
            # Children of the case may be left.
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()
            output.seek(0)
            text = output.read(1 << 20).decode(errors="replace")
        # Where the native side works.
        for name, path in (("work", "/work"), ("tmp", "/tmp")):
            text = text.replace(str(folder / name), path)
        text = text.replace(str(self.options.build / "native/bin"), "/bin")
        shutil.rmtree(folder, ignore_errors=True)
        verdict = TIMED_OUT if status == TIMED_OUT else str(case.judge(status, text))
        return Outcome(verdict, text, time.monotonic() - start)

    def _both(self, case):
        return self._run(case, "native"), self._run(case, "cage")

    def run(self, cases):
        """Runs the cases chosen, prints a summary and ends the process."""
        patterns = self.options.pattern
        chosen = [case for case in cases
                  if not patterns or any(re.search(pattern, case.name) for pattern in patterns)]
        if not chosen:
            sys.exit("no such case")
        results = {}
        with concurrent.futures.ThreadPoolExecutor(self.options.jobs) as pool:
            for case, result in zip(chosen, pool.map(self._both, chosen)):
                results[case.name] = result
                if sys.stderr.isatty():
                    print(f"\r{len(results)}/{len(chosen)}", end=" ", file=sys.stderr)
        unsteady = []
        for case in chosen:
            for _ in range(TRIES_ALONE):
                native, cage = results[case.name]
                if native.verdict == cage.verdict:
                    break
                results[case.name] = self._both(case)
                if case.name not in unsteady:
                    unsteady.append(case.name)
        sys.exit(self._report(results, unsteady))

    def _known(self, names):
        """{name: reason} of lines "REGULAR-EXPRESSION: REASON"."""
        if not self.options.known:
            return {}
        lines = [line.split(": ", 1) for line in self.options.known.read_text().splitlines()
                 if line and not line.startswith("#")]
        return {name: reason for pattern, reason in lines for name in names
                if re.fullmatch(pattern, name)}

    def _report(self, results, unsteady):
        known = self._known(results)
        counts = {}
        wrong = 0
        for name, (native, cage) in results.items():
            kind = re.split(r"[,(]", native.verdict)[0].strip()
            counts[kind] = counts.get(kind, 0) + 1
            if native.verdict == cage.verdict:
                if name in known and name not in unsteady and not self.options.pattern:
                    print(f"{name}: known to differ, but doesn't")
                continue
            note = f" (known: {known[name]})" if name in known else ""
            wrong += name not in known
            print(f"{name}: natively {native.verdict}, in a cage {cage.verdict}{note}")
            if self.options.verbose:
                print(f"--- natively\n{native.output}--- in a cage\n{cage.output}---")
        for name in unsteady:
            native, cage = results[name]
            if native.verdict == cage.verdict:
                print(f"{name}: differed under load, not alone")
        if self.options.results:
            self.options.results.write_text("".join(
                f"{name}\t{native.verdict}\t{cage.verdict}\t{native.seconds:.2f}\t{cage.seconds:.2f}\n"
                for name, (native, cage) in results.items()))
        equal = sum(native.verdict == cage.verdict for native, cage in results.values())
        print("natively:", ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items())))
        print(f"{equal} of {len(results)} the same in cages, {wrong} not as known")
        return 1 if wrong else 0
