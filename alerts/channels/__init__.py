"""alerts channels"""
