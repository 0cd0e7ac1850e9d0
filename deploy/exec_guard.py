"""Runs in a server's process just before it: changes the account, asks for a signal at the launcher's death, execs.

It is a program of its own because code in a forked child (`preexec_fn`) can deadlock when the launcher has threads.
The kernel forgets the wished signal when the account changes, so the order here matters. Imports the standard library
alone, because it is run by path and isolated from the virtual environment.
"""

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1


def main(launcher_pid: int, death_signal: int, account: str, command: list[str]) -> None:
    """Become `command`, run as `account` ("uid:gid", or empty for the present one)."""
    if account:
        user, group = map(int, account.split(":"))
        os.setgroups([])
        os.setgid(group)
        os.setuid(user)
    if sys.platform == "linux":
        if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) was refused")
        if os.getppid() != launcher_pid:
            sys.exit("The launcher died before its server began.")
    os.execv(command[0], command)  # noqa: S606 - becoming the server is the purpose, and no shell is wanted


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:])
