class PluginLoader:
    def add_directory(self, directory: str, with_subdir: bool = False) -> None: ...

module_loader: PluginLoader
