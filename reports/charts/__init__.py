"""reports charts"""
