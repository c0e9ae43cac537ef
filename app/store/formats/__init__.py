"""Other programs' formats: the only places of the application with their words for a box."""
