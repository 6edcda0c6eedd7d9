package main

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// machine is what the figures belong to.
type machine struct {
	System string `json:"system"`
	CPU    string `json:"cpu"`
	Cores  int    `json:"cores"`
	Memory string `json:"memory"`
	Go     string `json:"go"`
	Commit string `json:"commit,omitempty"` // with -dirty where files differ from it
}

func thisMachine() machine {
	commit, _ := exec.Command("git", "describe", "--always", "--dirty").Output()
	return machine{
		System: runtime.GOOS + "/" + runtime.GOARCH, CPU: procField("/proc/cpuinfo", "model name"), Cores: runtime.NumCPU(),
		Memory: procField("/proc/meminfo", "MemTotal"), Go: runtime.Version(), Commit: strings.TrimSpace(string(commit)),
	}
}

// procField is the first value of a name in a file of lines "name: value"; ""
// where there is none.
func procField(file, name string) string {
	data, _ := os.ReadFile(file)
	for line := range strings.Lines(string(data)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
