"""What gives way first: the signs, the suspects, and the sentence that names one."""
