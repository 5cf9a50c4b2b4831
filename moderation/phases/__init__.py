"""The checks a message passes, one file and one function each: candidate and scores in, findings out."""
