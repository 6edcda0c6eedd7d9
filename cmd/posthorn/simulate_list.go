package main

import (
	"fmt"
	"slices"
	"strings"

	"posthorn/simulate"
)

// list prints what can be simulated.
func (c *simulateCommand) list() error {
	names := simulate.Providers()
	if c.Provider != "" {
		if !slices.Contains(names, c.Provider) {
			_, err := simulate.Make(c.Provider, "", simulate.Target{})
			return err
		}
		names = []string{c.Provider}
	}
	for _, name := range names {
		fmt.Println(name)
		for _, scheme := range simulate.Schemes(name) {
			if c.Scheme != "" && scheme != c.Scheme {
				continue
			}
			fmt.Println("  signed by", scheme)
			for _, kind := range simulate.Kinds(name, scheme) {
				becomes := strings.Join(kind.Events, ", ")
				if becomes == "" {
					becomes = "no event"
				}
				fmt.Println(strings.TrimRight(fmt.Sprintf("    %-17s %-32s %s", kind.Name, becomes, kind.About), " "))
			}
		}
	}
	return nil
}
