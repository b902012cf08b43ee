"""demoshop"""
