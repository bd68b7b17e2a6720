"""Reading the text inside attachments, each in a child process with limits.

What strangers send is read where it can do no harm: a file that crashes, hangs or swells costs
its own text and nothing else.
"""
