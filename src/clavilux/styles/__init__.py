"""Built-in styles: taste as data, one TOML file each; `clavilux.direction.style` reads them."""
