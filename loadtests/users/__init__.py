"""loadtests users"""
