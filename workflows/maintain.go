package workflows

import (
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"posthorn/activities"
)

// MaintainSchedule is the id of the schedule that has Maintain run each day.
const MaintainSchedule = "maintenance"

// Maintained says what a run of Maintain did.
type Maintained struct {
	Made    []activities.Month `json:",omitempty"` // whose partitions were made
	Dropped []DroppedMonth     `json:",omitempty"`
	Kept    []KeptMonth        `json:",omitempty"` // months that are over, oldest first
	Strays  bool               `json:",omitempty"` // rows lie outside of every month, where they never go
}

// DroppedMonth is a month of which partitions went.
type DroppedMonth struct {
	Month      activities.Month
	Tables     []string
	Messages   int
	Deliveries int
}

// KeptMonth is a month of which partitions stay.
type KeptMonth struct {
	Month activities.Month
	Why   string
}

// dropPatience is for how long one month is tried: those behind it wait.
const dropPatience = 6 * time.Hour

// Maintain makes the partitions of the coming months, and drops those of past
// months in which nothing is kept any more.
func Maintain(ctx workflow.Context) (result Maintained, err error) {
	var do *activities.Activities
	var p activities.Partitions
	prepare := quick(ctx, time.Minute, "Make the partitions of the coming months")
	if err := workflow.ExecuteLocalActivity(prepare, do.MakeMonths).Get(ctx, &p); err != nil {
		return result, err
	}
	result.Made, result.Strays = p.Made, p.Strays
	for _, m := range p.Past {
		try := workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
			StartToCloseTimeout: dropPatience, ScheduleToCloseTimeout: dropPatience, HeartbeatTimeout: 20 * time.Minute,
			RetryPolicy: faults(), Summary: "Drop " + string(m) + " unless something in it is kept",
		})
		var d activities.Dropped
		if err := workflow.ExecuteActivity(try, do.DropMonth, m).Get(ctx, &d); err != nil {
			if temporal.IsCanceledError(err) {
				return result, err
			}
			d.Kept = "it could not be dropped"
		}
		result.add(m, d)
		workflow.SetCurrentDetails(ctx, result.String())
	}
	workflow.SetCurrentDetails(ctx, result.String())
	return result, nil
}

func (r *Maintained) add(m activities.Month, d activities.Dropped) {
	if len(d.Tables) > 0 {
		r.Dropped = append(r.Dropped, DroppedMonth{Month: m, Tables: d.Tables, Messages: d.Messages, Deliveries: d.Deliveries})
	}
	if d.Kept != "" {
		r.Kept = append(r.Kept, KeptMonth{Month: m, Why: d.Kept})
	}
}

// String is what people read of it.
func (r Maintained) String() string {
	var did []string
	if len(r.Made) > 0 {
		did = append(did, fmt.Sprintf("Made the partitions of %v.", r.Made))
	}
	for _, d := range r.Dropped {
		did = append(did, fmt.Sprintf("Dropped %s of %s: %d messages, %d deliveries.", strings.Join(d.Tables, ", "), d.Month, d.Messages, d.Deliveries))
	}
	if n := len(r.Kept); n > 0 {
		did = append(did, fmt.Sprintf("%d past months are kept; the oldest, %s: %s.", n, r.Kept[0].Month, r.Kept[0].Why))
	}
	if r.Strays {
		did = append(did, "Rows lie outside of every month, since nobody made partitions when they came: they never go.")
	}
	if len(did) == 0 {
		return "There was nothing to do."
	}
	return strings.Join(did, " ")
}
