"""forepost analysis"""
