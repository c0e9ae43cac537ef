"""Faster R-CNN that reads like the paper: a library without Qt, without sqlite3, without the application."""

import os

# Before torch is imported. Threads that wait for each other by spinning need cores of their own: beside another program
# that computes, a detection took ten times as long on two cores. Those that sleep cost nearly nothing.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
