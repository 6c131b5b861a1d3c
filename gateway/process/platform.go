package process

// limitation returns what the gateway cannot do on a system, for the log, or "". docs/platforms.md explains it.
func limitation(system string) string {
	switch system {
	case "linux":
		return ""
	case "windows":
		return "On Windows, the gateway is not reloaded by signals (use NOTIFY), cannot hand over to a successor, goes on " +
			"with requests whose clients have gone, and may reset connections when it ends: see docs/platforms.md."
	default:
		return "On " + system + ", each idle connection needs a goroutine, and connections that wait to be accepted are " +
			"reset when the gateway ends: see docs/platforms.md."
	}
}
