//! What is printed: medians with their range, and ratios.

/// Samples of one figure.
pub(crate) struct Samples(Vec<f64>);

impl Samples {
    pub(crate) fn new(mut samples: Vec<f64>) -> Self {
        samples.sort_by(f64::total_cmp);
        Self(samples)
    }

    pub(crate) fn median(&self) -> f64 {
        self.0[self.0.len() / 2]
    }

    fn range(&self) -> String {
        let (least, most) = (self.0[0], self.0[self.0.len() - 1]);
        format!("{least:.1} to {most:.1}")
    }
}

pub(crate) fn title(workload: &str, what: &str) {
    println!("\n{workload}: {what}");
}

pub(crate) fn line(name: &str, samples: &Samples, unit: &str) {
    println!(
        "  {name:<44} {:>10.1} {unit:<10} ({})",
        samples.median(),
        samples.range()
    );
}

pub(crate) fn figure(name: &str, value: f64, unit: &str, goal: &str) {
    println!("  {name:<44} {value:>10.2} {unit:<10} goal {goal}");
}
