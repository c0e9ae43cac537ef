"""Values and rules of a labelling project: no Qt, no torch, no database."""
