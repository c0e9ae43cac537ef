"""A disk that fails when it is told to: a library between a process and the system's write and sync calls.

It is compiled when it is needed and preloaded into the process that is to suffer; only the files of a project's
database notice it. Linux only.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_SOURCE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

enum { WELL, KILL, KILL_TORN, FULL, NO_SYNC, NO_WRITE };
static int mode = WELL;
static long left = 0;

void disk_arm(int new_mode, long calls) { mode = new_mode; left = calls; }

static int concerns(int fd) {
    char link[64], path[4096];
    if (mode == WELL) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return strstr(path, "project.db") != NULL && left-- <= 0;
}

static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_sync)(int), (*real_datasync)(int);

__attribute__((constructor)) static void find(void) {
    real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
    real_sync = dlsym(RTLD_NEXT, "fsync");
    real_datasync = dlsym(RTLD_NEXT, "fdatasync");
}

static ssize_t written(int fd, const void *data, size_t size, off_t at) {
    if (!concerns(fd)) return real_pwrite(fd, data, size, at);
    struct stat now;
    switch (mode) {
    case KILL_TORN:
        real_pwrite(fd, data, size / 2, at);
    case KILL:
        kill(getpid(), SIGKILL);
        pause();
    case FULL: /* what the file has already may be written over */
        if (fstat(fd, &now) == 0 && at + (off_t)size <= now.st_size) return real_pwrite(fd, data, size, at);
        if (fstat(fd, &now) == 0 && at < now.st_size) return real_pwrite(fd, data, now.st_size - at, at);
        errno = ENOSPC;
        return -1;
    case NO_WRITE:
        errno = EIO;
        return -1;
    }
    return real_pwrite(fd, data, size, at);
}

static int synced(int fd, int (*sync)(int)) {
    if (!concerns(fd)) return sync(fd);
    if (mode == KILL || mode == KILL_TORN) { kill(getpid(), SIGKILL); pause(); }
    if (mode == NO_SYNC) { errno = EIO; return -1; }
    return sync(fd);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at) { return written(fd, data, size, at); }
ssize_t pwrite64(int fd, const void *data, size_t size, off_t at) { return written(fd, data, size, at); }
int fsync(int fd) { return synced(fd, real_sync); }
int fdatasync(int fd) { return synced(fd, real_datasync); }
"""


class Failure(IntEnum):
    """What the disk does from the chosen call on."""

    WELL = 0
    KILL = 1
    KILL_TORN = 2
    FULL = 3
    NO_SYNC = 4
    NO_WRITE = 5


def compiler() -> str | None:
    """Return the C compiler, None where there is none."""
    return shutil.which("cc") or shutil.which("gcc")


def compile_into(folder: Path) -> Path:
    """Return the library, compiled in `folder`."""
    found = compiler()
    assert found is not None, "there is no C compiler"
    source, library = folder / "failing_disk.c", folder / "failing_disk.so"
    source.write_text(_SOURCE, encoding="utf-8")
    command = [found, "-shared", "-fPIC", "-O1", "-w", str(source), "-o", str(library), "-ldl"]
    subprocess.run(command, check=True)
    return library


def arm(failure: Failure, calls: int = 0) -> None:
    """Let the disk of this process, which was started with the library, fail after so many more calls."""
    ctypes.CDLL(os.environ["LD_PRELOAD"]).disk_arm(int(failure), ctypes.c_long(calls))
