"""How each signal is learned: hyper-parameters from validation feedback, then evidence edges."""
