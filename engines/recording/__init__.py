"""Recording a device: a test signal out, what comes back in, both in step to the sample."""
