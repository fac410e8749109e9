"""What the assistant can do besides talking: a registry, and one file for each kind of tool."""
