"""The parts of the scenario; each has one function, play(world)."""
