package report

import "math"

// scale maps values to places from From to To: in proportion from 0 on, or by their logarithms.
type scale struct {
	least, most float64
	from, to    float64
	logarithmic bool
}

// linear makes a scale from 0 to a round number not below most.
func linear(most, from, to float64) scale {
	if most <= 0 {
		most = 1
	}
	step := stepFor(most)
	return scale{most: math.Ceil(most/step) * step, from: from, to: to}
}

// logarithmic makes a scale around positive values. Its ends are the nearest of 1, 2, 5 and 10 times a power of ten.
func logarithmic(least, most, from, to float64) scale {
	if least <= 0 {
		least, most = 1, max(most, 10)
	}
	s := scale{least: roundDown(least), most: roundUp(most), from: from, to: to, logarithmic: true}
	if s.least == s.most {
		s.most = roundUp(s.most * 1.01)
	}
	return s
}

// at is the place of a value; values below a logarithmic scale are at its start.
func (s scale) at(v float64) float64 {
	part := (v - s.least) / (s.most - s.least)
	if s.logarithmic {
		part = math.Log(max(v, s.least)/s.least) / math.Log(s.most/s.least)
	}
	return s.from + part*(s.to-s.from)
}

// ticks are the values that an axis shows: some five.
func (s scale) ticks() []float64 {
	var all []float64
	if !s.logarithmic {
		for v, step := 0.0, stepFor(s.most); v <= s.most*1.001; v += step {
			all = append(all, v)
		}
		return all
	}
	wide := s.most/s.least > 300
	for v := s.least; v <= s.most*1.001; v = roundUp(v * 1.01) {
		if !wide || isPower(v) {
			all = append(all, v)
		}
	}
	return all
}

// stepFor is a distance of ticks, 1, 2 or 5 times a power of ten, so that three to seven fit up to most.
func stepFor(most float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(most)))
	switch part := most / power; {
	case part < 1.5:
		return power / 4
	case part < 3:
		return power / 2
	case part < 7:
		return power
	default:
		return 2 * power
	}
}

// roundUp returns the least of 1, 2 and 5 times a power of ten that is not below v.
func roundUp(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)+1e-9))
	for _, factor := range []float64{1, 2, 5} {
		if v <= factor*power*1.0001 {
			return factor * power
		}
	}
	return 10 * power
}

// roundDown returns the greatest of 1, 2 and 5 times a power of ten that is not above v.
func roundDown(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)+1e-9))
	for _, factor := range []float64{5, 2} {
		if v >= factor*power*0.9999 {
			return factor * power
		}
	}
	return power
}

func isPower(v float64) bool {
	exponent := math.Log10(v)
	return math.Abs(exponent-math.Round(exponent)) < 1e-6
}
