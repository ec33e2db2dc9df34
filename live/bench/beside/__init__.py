"""Scripts that run in an environment with pyo or signalflow in it; nothing of ours is imported there."""
