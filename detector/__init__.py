"""Faster R-CNN that reads like the paper: a library without Qt, without sqlite3, without the application."""
