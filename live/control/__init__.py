"""Hands: what MIDI, OSC and other clocks say, in a process of its own beside the core.

The core hears raw messages and turns knobs itself (``live/core/lanes.py``); in here is decided which way a message
goes: devices and their slots, maps, learning, lamps, OSC, followers and leaders of time.
"""
