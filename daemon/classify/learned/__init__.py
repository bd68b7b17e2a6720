"""The learned model: from labelled examples to weights, and from weights to an opinion.

`fit` alone needs scikit-learn, and is imported only by who learns: what serves is NumPy and lists
of words.
"""
