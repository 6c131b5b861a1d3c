package localpg

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
)

const defaultRegistry = "https://registry.npmjs.org"

// registryURL returns the npm registry that the user's npm would use: from the environment, ~/.npmrc, or the default.
func registryURL() string {
	for _, name := range []string{"npm_config_registry", "NPM_CONFIG_REGISTRY"} {
		if v := os.Getenv(name); v != "" {
			return v
		}
	}
	if v := npmrcRegistry(); v != "" {
		return v
	}
	return defaultRegistry
}

// npmrcRegistry returns the registry configured in ~/.npmrc, or "".
func npmrcRegistry() string {
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	file, err := os.Open(filepath.Join(home, ".npmrc"))
	if err != nil {
		return ""
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		key, value, ok := strings.Cut(lines.Text(), "=")
		if ok && strings.TrimSpace(key) == "registry" {
			return strings.Trim(strings.TrimSpace(value), `"'`)
		}
	}
	return ""
}
