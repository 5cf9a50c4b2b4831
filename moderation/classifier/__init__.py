"""Classifiers behind one small protocol; the heavy runtimes load only when one is asked for."""
