"""What can be done to a spectrum, one file for each: see live/core/spectra.py for how one is declared."""
