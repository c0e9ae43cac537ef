"""The threads beside the window: the one detector thread and the pools that decode images. QtCore only."""
