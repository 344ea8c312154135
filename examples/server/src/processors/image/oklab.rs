//! OKLab (Björn Ottosson, 2020): a colour space in which distances are about as large as they look.

/// Lightness, green to red, blue to yellow.
pub(super) type Lab = [f32; 3];

/// A colour of sRGB in OKLab.
pub(super) fn from_srgb(rgb: [u8; 3]) -> Lab {
    let [red, green, blue] = rgb.map(|channel| linear(f32::from(channel) / 255.0));
    let l = (0.412_221_46 * red + 0.536_332_55 * green + 0.051_445_995 * blue).cbrt();
    let m = (0.211_903_5 * red + 0.680_699_5 * green + 0.107_396_96 * blue).cbrt();
    let s = (0.088_302_46 * red + 0.281_718_85 * green + 0.629_978_7 * blue).cbrt();
    [
        0.210_454_26 * l + 0.793_617_8 * m - 0.004_072_047 * s,
        1.977_998_5 * l - 2.428_592_2 * m + 0.450_593_7 * s,
        0.025_904_037 * l + 0.782_771_77 * m - 0.808_675_77 * s,
    ]
}

/// The nearest colour of sRGB.
pub(super) fn to_srgb([lightness, reddish, yellowish]: Lab) -> [u8; 3] {
    let l = (lightness + 0.396_337_78 * reddish + 0.215_803_76 * yellowish).powi(3);
    let m = (lightness - 0.105_561_346 * reddish - 0.063_854_17 * yellowish).powi(3);
    let s = (lightness - 0.089_484_18 * reddish - 1.291_485_5 * yellowish).powi(3);
    let linear = [
        4.076_741_7 * l - 3.307_711_6 * m + 0.230_969_94 * s,
        -1.268_438 * l + 2.609_757_4 * m - 0.341_319_38 * s,
        -0.004_196_086_3 * l - 0.703_418_6 * m + 1.707_614_7 * s,
    ];
    linear.map(|channel| (gamma(channel.clamp(0.0, 1.0)) * 255.0).round() as u8)
}

/// Squared distance.
pub(super) fn distance(a: Lab, b: Lab) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}

fn linear(channel: f32) -> f32 {
    if channel <= 0.040_45 {
        channel / 12.92
    } else {
        ((channel + 0.055) / 1.055).powf(2.4)
    }
}

fn gamma(channel: f32) -> f32 {
    if channel <= 0.003_130_8 {
        channel * 12.92
    } else {
        1.055 * channel.powf(1.0 / 2.4) - 0.055
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_come_back_as_they_went() {
        for rgb in [
            [0, 0, 0],
            [255, 255, 255],
            [255, 0, 0],
            [12, 200, 77],
            [1, 2, 3],
            [128, 128, 128],
        ] {
            assert_eq!(to_srgb(from_srgb(rgb)), rgb);
        }
    }

    #[test]
    fn white_is_light_and_without_colour() {
        let [lightness, a, b] = from_srgb([255, 255, 255]);
        assert!((lightness - 1.0).abs() < 1e-3 && a.abs() < 1e-3 && b.abs() < 1e-3);
    }
}
