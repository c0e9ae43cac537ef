"""What the program ships beside its code: icons, the embedded detector's weights, the demo."""
