"""probes flows"""
