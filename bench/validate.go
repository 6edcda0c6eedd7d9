package main

import (
	"errors"
	"fmt"
)

// What kong asks of each command once its flags are read.

// Validate refuses windows in which nothing could be measured.
func (s *settings) Validate() error {
	if s.Seconds < 0.5 || s.Seconds > 3600 {
		return errors.New("--seconds: must be 0.5 to 3600")
	}
	return nil
}

// Validate refuses loads of nobody and of nothing.
func (c *loads) Validate() error {
	return errors.Join(atLeast(1, "--loops", c.Loops...), atLeast(1, "--rates", c.Rates...), atLeast(0, "--deleted", c.Deleted))
}

// Validate refuses what cannot be published, or goes nowhere.
func (c *deliverCommand) Validate() error {
	return errors.Join(c.loads.Validate(), atLeast(1, "--webhooks", c.Webhooks), atLeast(0, "--body", c.Body))
}

// Validate refuses loads of nobody.
func (c *ingestCommand) Validate() error { return atLeast(1, "--connections", c.Connections...) }

// Validate refuses events that go nowhere.
func (c *fanoutCommand) Validate() error {
	return errors.Join(atLeast(1, "--webhooks", c.Webhooks...), atLeast(1, "--loops", c.Loops), atLeast(0, "--body", c.Body))
}

// Validate refuses what is no share.
func (c *failuresCommand) Validate() error {
	var err error
	if c.Share > 100 {
		err = errors.New("--share: must be at most 100")
	}
	return errors.Join(err, atLeast(0, "--share", c.Share), atLeast(1, "--loops", c.Loops...), atLeast(1, "--rates", c.Rates...),
		atLeast(1, "--webhooks", c.Webhooks), atLeast(0, "--body", c.Body))
}

// Validate refuses receivers that are none.
func (c *isolationCommand) Validate() error {
	return errors.Join(atLeast(1, "--rate", c.Rate), atLeast(1, "--healthy", c.Healthy), atLeast(1, "--hanging", c.Hanging), atLeast(1, "--backlog", c.Backlog))
}

// Validate refuses a backlog of nothing.
func (c *backlogCommand) Validate() error {
	return errors.Join(atLeast(1, "--count", c.Count), atLeast(1, "--webhooks", c.Webhooks), atLeast(0, "--body", c.Body))
}

// Validate refuses tenants that have nothing.
func (c *growthCommand) Validate() error {
	return errors.Join(atLeast(1, "--messages", c.Messages...), atLeast(1, "--months", c.Months), atLeast(1, "--connections", c.Connections))
}

// Validate refuses loads of nobody.
func (c *largeCommand) Validate() error {
	return errors.Join(atLeast(0, "--bodies", c.Bodies), atLeast(0, "--attachments", c.Attachments), atLeast(1, "--at-once", c.AtOnce))
}

// Validate refuses a load of nothing.
func (c *restartCommand) Validate() error {
	return errors.Join(atLeast(1, "--kills", c.Kills), atLeast(1, "--rate", c.Rate), atLeast(1, "--webhooks", c.Webhooks))
}

func atLeast(least int, flag string, values ...int) error {
	for _, v := range values {
		if v < least {
			return fmt.Errorf("%s: must be at least %d", flag, least)
		}
	}
	return nil
}
