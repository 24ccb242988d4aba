"""The classes of MLflow's past vulnerabilities; each module has one function, attack(target)."""
