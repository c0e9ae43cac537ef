"""Faster R-CNN that reads like the paper: a library without Qt, without sqlite3, without the application."""

import os

# Before torch is imported. Threads that spin while they wait for each other need cores of their own: beside two other
# busy programs a detection took ten times as long on two cores. With a short spin it takes twice as long, and alone the
# same as before.
os.environ.setdefault("GOMP_SPINCOUNT", "2000")
