package process

// limitation returns what the gateway cannot do on a system, for the log, or "". docs/platforms.md explains it.
func limitation(system string) string {
	switch system {
	case "linux":
		return ""
	case "windows":
		return "On Windows, the gateway cannot be reloaded by signals (use NOTIFY) or hand over to a successor. It completes " +
			"requests whose clients have disconnected, and may reset connections when it stops. See docs/platforms.md."
	default:
		return "On " + system + ", each idle connection needs a goroutine, and connections in the backlog are reset when the " +
			"gateway stops. See docs/platforms.md."
	}
}
