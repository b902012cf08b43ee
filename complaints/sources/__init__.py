"""complaints sources"""
