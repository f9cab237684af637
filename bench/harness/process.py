# SPDX-License-Identifier: BSD-2-Clause
"""Runs programs under an allocator, always through bench/launch, which measures them."""

import json
import os
import signal
import subprocess

from harness.errors import Failed

# What would change an allocator's behaviour behind the comparison's back. UMA_OPTIONS may stay.
CLEARED = ("LD_PRELOAD", "LD_AUDIT", "LD_DEBUG", "GLIBC_TUNABLES", "MALLOC_CONF", "MALLOC_ARENA_MAX",
           "MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TOP_PAD_", "SCUDO_OPTIONS",
           "PYTHONMALLOC", "RUBYOPT", "PERL5OPT", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS")


def environment(extra=None):
    result = {k: v for k, v in os.environ.items()
              if k not in CLEARED and not k.startswith("MIMALLOC_")}
    result.update(LC_ALL="C", **(extra or {}))
    return result


class Process:
    """A program running under launch. It leads a process group, so that nothing is left behind."""

    def __init__(self, launch, scratch, command, library, env=None, sample_ms=0):
        self._command = command
        self._result = os.path.join(scratch, "launch.json")
        self._errors = open(os.path.join(scratch, "stderr"), "w+b")
        argv = [launch, self._result, str(sample_ms), library or ""] + command
        self._popen = subprocess.Popen(
            argv, env=environment(env), cwd=scratch, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=self._errors, start_new_session=True)

    def wait(self, timeout):
        """The measurements of launch; the program's standard output is added as "stdout"."""
        try:
            output, _ = self._popen.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failed("no end after %d s" % timeout) from None
        except BaseException:
            self.kill()
            raise
        with self._errors:
            self._errors.seek(0)
            errors = self._errors.read().decode(errors="replace").strip()
        try:
            with open(self._result, encoding="ascii") as file:
                result = json.load(file)
        except (OSError, ValueError):
            raise Failed("launch left no result: " + last_line(errors)) from None
        if self._popen.returncode != 0:
            raise Failed("launch failed: " + last_line(errors))
        result["stdout"] = output
        result["stderr"] = errors
        return result

    def running(self):
        return self._popen.poll() is None

    def stop(self, timeout):
        """Asks the program to end as an administrator would."""
        self._popen.send_signal(signal.SIGTERM)
        return self.wait(timeout)

    def kill(self):
        try:
            os.killpg(self._popen.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._popen.communicate()
        self._errors.close()


def last_line(text):
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip()[:200] if lines else "no message"


def require_success(result, or_signal=None):
    """Raises unless the program ended with status 0, or by the signal it was sent."""
    if result["status"] == 0 or (or_signal and result["signal"] == or_signal):
        return
    if result["signal"]:
        how = "killed by signal %d" % result["signal"]
    else:
        how = "exit status %d" % result["status"]
    raise Failed("%s: %s" % (how, last_line(result["stderr"])))
