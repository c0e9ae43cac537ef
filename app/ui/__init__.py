"""The widgets: they read the workspace, emit commands, and paint."""
