"""Decision models: requirements and boxed expressions, DMN XML, and the engine that decides."""
