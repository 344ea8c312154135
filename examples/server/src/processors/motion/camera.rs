//! The camera: which window of the picture a frame shows.

use std::f64::consts::PI;

use serde::Deserialize;

/// How much closer the end of a zoom is than its beginning.
const ZOOM: f64 = 1.3;
/// How much closer than the whole picture a pan is, so that there is room to move.
const CLOSE: f64 = 1.2;
/// Longest way of a pan, in widths (or heights) of the window: across a panorama it would rush otherwise.
const LONGEST_WAY: f64 = 0.8;
/// Widest frame, and upright the tallest.
const WIDEST: f64 = 16.0 / 9.0;

/// How the camera moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Motion {
    #[default]
    ZoomIn,
    ZoomOut,
    PanLeft,
    PanRight,
    PanUp,
    PanDown,
}

/// A part of the picture, in its pixels and fractions of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Window {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// The size of the frames for a picture of this size: its shape as far as screens have it, both sides even, as the encoder
/// needs them. The longer side is at most `longest` and not much larger than the picture's own, since pixels that are not
/// there only cost time.
pub(super) fn frame_size((width, height): (u32, u32), longest: u32) -> (u32, u32) {
    let shape = (f64::from(width) / f64::from(height)).clamp(1.0 / WIDEST, WIDEST);
    let longer = f64::from(width.max(height).clamp(160, longest.max(160)));
    let even = |side: f64| ((side / 2.0).round() as u32).max(8) * 2;
    if shape >= 1.0 {
        (even(longer), even(longer / shape))
    } else {
        (even(longer * shape), even(longer))
    }
}

impl Motion {
    /// What is seen of a picture of this size at `time`, 0 to 1, in frames of that size. It begins and ends gently.
    pub(super) fn window(self, picture: (u32, u32), frame: (u32, u32), time: f64) -> Window {
        let (width, height) = (f64::from(picture.0), f64::from(picture.1));
        let shape = f64::from(frame.0) / f64::from(frame.1);
        let whole = (width.min(height * shape), height.min(width / shape));
        let way = (1.0 - (PI * time.clamp(0.0, 1.0)).cos()) / 2.0;
        let close = match self {
            // Even in proportion: the same zoom each moment.
            Self::ZoomIn => ZOOM.powf(way),
            Self::ZoomOut => ZOOM.powf(1.0 - way),
            _ => CLOSE,
        };
        let (wide, high) = (whole.0 / close, whole.1 / close);
        let (across, down) = match self {
            Self::ZoomIn | Self::ZoomOut => (0.5, 0.5),
            Self::PanLeft => (1.0 - way, 0.5),
            Self::PanRight => (way, 0.5),
            Self::PanUp => (0.5, 1.0 - way),
            Self::PanDown => (0.5, way),
        };
        Window {
            left: place(width, wide, across),
            top: place(height, high, down),
            width: wide,
            height: high,
        }
    }
}

/// Where a window of `part` of `whole` begins: `way` of 0.5 is the middle, 0 and 1 are the ends, or as far as a pan goes.
fn place(whole: f64, part: f64, way: f64) -> f64 {
    let room = whole - part;
    let travel = room.min(part * LONGEST_WAY);
    // Rounding must not lead out of the picture.
    (room / 2.0 + travel * (way - 0.5)).clamp(0.0, room)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Motion; 6] = [
        Motion::ZoomIn,
        Motion::ZoomOut,
        Motion::PanLeft,
        Motion::PanRight,
        Motion::PanUp,
        Motion::PanDown,
    ];

    #[track_caller]
    fn check(picture: (u32, u32), longest: u32, frame: (u32, u32)) {
        assert_eq!(frame_size(picture, longest), frame);
    }

    #[test]
    fn frames_have_the_shape_of_the_picture_as_far_as_screens_have_it() {
        check((4000, 3000), 1280, (1280, 960));
        check((3000, 4000), 1280, (960, 1280));
        check((4000, 1000), 1280, (1280, 720));
        check((451, 300), 1280, (452, 300));
        check((1, 1), 1280, (160, 160));
        check((10_000, 1), 160, (160, 90));
    }

    #[test]
    fn the_camera_never_leaves_the_picture() {
        for picture in [(1920, 1080), (300, 451), (5000, 400), (17, 17)] {
            let frame = frame_size(picture, 1280);
            for motion in ALL {
                for step in 0..=100 {
                    let seen = motion.window(picture, frame, f64::from(step) / 100.0);
                    assert!(seen.left >= 0.0 && seen.top >= 0.0, "{motion:?} {seen:?}");
                    assert!(
                        seen.left + seen.width <= f64::from(picture.0) + 1e-9,
                        "{motion:?} {seen:?}"
                    );
                    assert!(
                        seen.top + seen.height <= f64::from(picture.1) + 1e-9,
                        "{motion:?} {seen:?}"
                    );
                    let shape = f64::from(frame.0) / f64::from(frame.1);
                    assert!(
                        (seen.width / seen.height - shape).abs() < 1e-9,
                        "{motion:?} {seen:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn every_motion_goes_the_way_it_is_called() {
        let at = |motion: Motion, time| motion.window((1600, 1200), (1280, 960), time);
        let goes = |motion: Motion, value: fn(Window) -> f64| value(at(motion, 1.0)) - value(at(motion, 0.0));
        assert!(goes(Motion::ZoomIn, |seen| seen.width) < -100.0);
        assert!(goes(Motion::ZoomOut, |seen| seen.width) > 100.0);
        assert!(goes(Motion::PanLeft, |seen| seen.left) < -100.0);
        assert!(goes(Motion::PanRight, |seen| seen.left) > 100.0);
        assert!(goes(Motion::PanUp, |seen| seen.top) < -100.0);
        assert!(goes(Motion::PanDown, |seen| seen.top) > 100.0);
    }

    #[test]
    fn no_frame_jumps() {
        for motion in ALL {
            let seen: Vec<Window> = (0..=120)
                .map(|step| motion.window((1600, 1200), (1280, 960), f64::from(step) / 120.0))
                .collect();
            for pair in seen.windows(2) {
                let moved = (pair[1].left - pair[0].left)
                    .abs()
                    .max((pair[1].top - pair[0].top).abs());
                assert!(moved < 6.0, "{motion:?} {pair:?}");
            }
        }
    }
}
