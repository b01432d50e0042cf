// Command benchmarks compares bonafide with limits and peers, and prints one table. See the README beside it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"runtime/pprof"
	"syscall"
	"time"

	"github.com/bonafide-idv/bonafide/examples/benchmarks/databases"
	"github.com/bonafide-idv/bonafide/examples/benchmarks/measure"
	"github.com/bonafide-idv/bonafide/examples/benchmarks/rows"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// options are what the flags say.
type options struct {
	rows             *regexp.Regexp
	quick            bool
	rounds           int
	turn             time.Duration
	out, dir         string
	postgres, pprofs string
}

func parse(args []string, errs io.Writer) (o options, err error) {
	flags := flag.NewFlagSet("benchmarks", flag.ContinueOnError)
	flags.SetOutput(errs)
	pattern := flags.String("run", "", "run only the rows whose name, or name and peer, match the regular expression")
	flags.BoolVar(&o.quick, "quick", false, "small sizes, one short round: proves that each row runs")
	flags.IntVar(&o.rounds, "rounds", 7, "how often the sides take turns; rows that take long take fewer")
	flags.DurationVar(&o.turn, "turn", time.Second, "how long a turn takes; rows of nanoseconds take a tenth of it")
	flags.StringVar(&o.out, "o", "", "write the table to the file, too")
	flags.StringVar(&o.dir, "dir", "data", "folder on a disk; what takes long to fill stays there")
	flags.StringVar(&o.postgres, "postgres", "", "URL of a PostgreSQL server; without it one is started")
	flags.StringVar(&o.pprofs, "cpuprofile", "", "write a CPU profile of all rows that run to the file")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("what is %q? There are only flags", flags.Arg(0))
	}
	if o.rounds < 1 || o.turn <= 0 {
		return o, errors.New("-rounds and -turn must be positive")
	}
	if o.quick {
		o.rounds, o.turn = 1, 20*time.Millisecond
	}
	o.rows, err = regexp.Compile(*pattern)
	return o, err
}

// collector is the GOGC of both sides. What a benchmark keeps is a few megabytes, which by Go's default are collected a
// hundred times a second; a server has a larger heap, and rests for longer.
const collector = 400

func run(ctx context.Context, args []string, out, errs io.Writer) (err error) {
	o, err := parse(args, errs)
	if err != nil {
		return err
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collector)
	}
	dir, err := filepath.Abs(o.dir)
	if err != nil {
		return err
	}
	machine := measure.Here(dir)
	if machine.Filesystem == "tmpfs" && !o.quick {
		return fmt.Errorf("%s is on a tmpfs, where a sync costs nothing: give -dir a folder on a disk", dir)
	}
	home, err := databases.Open(ctx, dir, o.postgres)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, home.Close()) }()
	if why := home.Missing(); why != nil {
		fmt.Fprintln(errs, "PostgreSQL:", why)
	}
	machine.SQLite, machine.Postgres = home.Versions(ctx)
	if o.pprofs != "" {
		stop, err := profile(o.pprofs)
		if err != nil {
			return err
		}
		defer stop()
	}
	report, failed := measureAll(ctx, o, home, machine, errs)
	if len(report.Outcomes) == 0 {
		return fmt.Errorf("no row matches -run %q", o.rows)
	}
	text := report.Markdown()
	if _, err := io.WriteString(out, text); err != nil {
		return err
	}
	if o.out != "" {
		failed = errors.Join(failed, os.WriteFile(o.out, []byte(text), 0o644))
	}
	return failed
}

// measureAll runs the rows that are asked for. A row that fails, fails alone.
func measureAll(ctx context.Context, o options, home *databases.Home, machine measure.Machine, errs io.Writer) (
	report measure.Report, failed error) {
	log := func(format string, args ...any) { fmt.Fprintf(errs, format+"\n", args...) }
	report = measure.Report{
		Day: time.Now(), Machine: machine,
		Setting: measure.Setting{Quick: o.quick, Rounds: o.rounds, Turn: o.turn, Log: log},
	}
	for _, row := range rows.All(home) {
		if !o.rows.MatchString(row.Name + ", against " + row.Against) {
			continue
		}
		begun := time.Now()
		log("%s, against %s", row.Name, row.Against)
		outcome := measure.Outcome{Row: row}
		outcome.Result, outcome.Err = row.Run(ctx, report.Setting)
		if err := outcome.Err; err != nil && !errors.Is(err, measure.ErrNoServer) {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", row.Name, err))
		}
		measured, _ := outcome.Cells()
		log("  %s, after %s", measured, time.Since(begun).Round(time.Second/10))
		report.Outcomes = append(report.Outcomes, outcome)
	}
	return report, failed
}

func profile(file string) (stop func(), err error) {
	f, err := os.Create(file)
	if err != nil {
		return nil, err
	}
	return func() {
		pprof.StopCPUProfile()
		_ = f.Close()
	}, pprof.StartCPUProfile(f)
}
