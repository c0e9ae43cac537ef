"""The desktop application around `detector`: values and rules, store, workers, user interface."""
