// Conversions between f32 and the 16- and 8-bit float formats, exact and rounding to nearest even.

#ifndef SWIFTLET_HALF_H
#define SWIFTLET_HALF_H

#include <stdint.h>
#include <string.h>

static inline float swiftlet_float(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline uint32_t swiftlet_bits(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline float swiftlet_half_to_float(uint16_t half) {
    uint32_t sign = (uint32_t)(half & 0x8000) << 16;
    uint32_t magnitude = (uint32_t)(half & 0x7FFF) << 13;
    if (magnitude >= 0x0F800000) return swiftlet_float(sign | 0x70000000 | magnitude);  // infinity, not a number
    // Subnormals come out right because the multiplication is exact.
    return swiftlet_float(sign | swiftlet_bits(swiftlet_float(magnitude) * 0x1p112f));
}

static inline float swiftlet_half_at(const uint8_t *bytes) {
    return swiftlet_half_to_float((uint16_t)(bytes[0] | bytes[1] << 8));
}

static inline uint16_t swiftlet_float_to_half(float value) {
    uint32_t bits = swiftlet_bits(value), sign = bits >> 16 & 0x8000, magnitude = bits & 0x7FFFFFFF;
    if (magnitude > 0x7F800000) return (uint16_t)(sign | 0x7E00);
    if (magnitude >= 0x477FF000) return (uint16_t)(sign | 0x7C00);
    if (magnitude < 0x38800000) {
        // Adding 0.5 lines the subnormal's last bit up with the sum's last bit, so the addition does the rounding.
        uint32_t sum = swiftlet_bits(swiftlet_float(magnitude) + 0.5f);
        return (uint16_t)(sign | (sum - swiftlet_bits(0.5f)));
    }
    magnitude += 0xC8000FFF + (magnitude >> 13 & 1);
    return (uint16_t)(sign | magnitude >> 13);
}

static inline float swiftlet_bfloat_to_float(uint16_t bits) { return swiftlet_float((uint32_t)bits << 16); }

static inline uint16_t swiftlet_float_to_bfloat(float value) {
    // Rounding could make a number of what is none.
    if (value != value) return 0x7FC0;
    uint32_t bits = swiftlet_bits(value);
    return (uint16_t)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

static inline float swiftlet_e4m3_to_float(uint8_t bits) {
    uint32_t sign = (uint32_t)(bits & 0x80) << 24, magnitude = bits & 0x7F;
    if (magnitude == 0x7F) return swiftlet_float(sign | 0x7FC00000);
    return swiftlet_float(sign | swiftlet_bits(swiftlet_float(magnitude << 20) * 0x1p120f));
}

#endif
