//! The film: H.264 in MP4, with the index in front, so that it plays while it is still being fetched.

use leyline_core::ProcessError;
use muxide::api::{Muxer, MuxerBuilder, VideoCodec};
use openh264::encoder::{
    ColorPrimaries, Encoder, EncoderConfig, FrameRate, FrameType, IntraFramePeriod, RateControlMode,
    TransferCharacteristics, VuiConfig,
};
use openh264::formats::{RgbSliceU8, YUVBuffer};
use openh264::{OpenH264API, Timestamp};

/// A film that is being made.
pub(super) struct Film {
    size: (u32, u32),
    fps: u32,
    frames: u32,
    encoder: Encoder,
    muxer: Muxer<Vec<u8>>,
    planes: YUVBuffer,
    packet: Vec<u8>,
}

impl Film {
    /// An empty film. Both sides have to be even.
    pub(super) fn new(size: (u32, u32), fps: u32) -> Result<Self, ProcessError> {
        let (width, height) = size;
        let muxer = MuxerBuilder::new(Vec::new())
            .video(VideoCodec::H264, width, height, f64::from(fps))
            .with_fast_start(true)
            .build()
            .map_err(failed)?;
        let api = OpenH264API::from_source();
        Ok(Self {
            size,
            fps,
            frames: 0,
            encoder: Encoder::with_api_config(api, config(fps)).map_err(failed)?,
            muxer,
            planes: YUVBuffer::new(width as usize, height as usize),
            packet: Vec::new(),
        })
    }

    /// Adds a frame of RGB, eight bits a channel, row by row.
    pub(super) fn push(&mut self, rgb: &[u8]) -> Result<(), ProcessError> {
        let size = (self.size.0 as usize, self.size.1 as usize);
        self.planes.read_rgb8(RgbSliceU8::new(rgb, size));
        let seconds = f64::from(self.frames) / f64::from(self.fps);
        let at = Timestamp::from_millis((seconds * 1000.0) as u64);
        let encoded = self.encoder.encode_at(&self.planes, at).map_err(failed)?;
        let key = matches!(encoded.frame_type(), FrameType::IDR);
        self.packet.clear();
        encoded.write_vec(&mut self.packet);
        self.muxer
            .write_video(seconds, &self.packet, key)
            .map_err(failed)?;
        self.frames += 1;
        Ok(())
    }

    /// The file.
    pub(super) fn finish(mut self) -> Result<Vec<u8>, ProcessError> {
        self.muxer.finish_in_place().map_err(failed)?;
        Ok(self.muxer.into_writer())
    }
}

fn config(fps: u32) -> EncoderConfig {
    // The encoder makes planes by BT.601's matrix; the other two are what sRGB has. Saying so spares players a guess.
    let colours = VuiConfig::bt601()
        .color_primaries(ColorPrimaries::Bt709)
        .transfer_characteristics(TransferCharacteristics::Bt709);
    EncoderConfig::new()
        // Every frame of the same quality, and none left out to keep to a rate.
        .rate_control_mode(RateControlMode::Off)
        .skip_frames(false)
        .max_frame_rate(FrameRate::from_hz(fps as f32))
        .intra_frame_period(IntraFramePeriod::from_num_frames(fps * 2))
        // A task takes one slot of the worker, so it takes one core.
        .num_threads(1)
        .vui(colours)
}

/// The encoder or the muxer refused: a defect, and trying again would not help.
fn failed(error: impl std::error::Error + Send + Sync + 'static) -> ProcessError {
    ProcessError::permanent("motion-failed", "the film could not be made").because(error)
}
