"""How the shipped weights are made: data, training, evaluation and export, each step re-runnable."""
