"""probes storefronts"""
